"""Everything that could be loaded, and how."""
