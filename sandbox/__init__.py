"""The stand-in cloud: SoftLayer's API in front, whole servers behind. It imports nothing of the program."""
