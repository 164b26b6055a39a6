"""Host preparation: plans, generated scripts, and what the scripts' functions decide."""
