"""A WordPress site as the program sees it: installed once, and seen to answer on every server."""

from providers.wordpress.errors import WordPressError
from providers.wordpress.site import InstalledSite, InstalledSiteArgs
from providers.wordpress.site_provider import InstalledSiteProvider

__all__ = [
    "InstalledSite",
    "InstalledSiteArgs",
    "InstalledSiteProvider",
    "WordPressError",
]
