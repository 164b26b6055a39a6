"""The servers behind the sandbox's API: Docker containers that are whole machines, with their disks, networks
and images.
"""
