"""What Pulumi has no provider for: dynamic resources, one package for each system they speak to."""
