"""Which modulefiles exist."""
