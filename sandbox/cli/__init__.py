"""The command line of the sandbox: `python -m sandbox up / down / status / logs / ssh / fault / check /
images / serve`.
"""
