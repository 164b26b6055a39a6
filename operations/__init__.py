"""What an operator does to a running stack by hand, one command for each; `make help` lists them."""
