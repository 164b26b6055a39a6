"""A WordPress site as the program sees it."""
