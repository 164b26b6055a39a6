"""What can go wrong with a WordPress site. Each message names the service, the cause and the remedy."""


class WordPressError(Exception):
    """The site is not installed, or does not answer."""
