"""Stand-ins for two published Pulumi plugins, for machines that cannot download them."""
