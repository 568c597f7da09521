"""Alone knows argv, os.environ and stdout."""
