"""Variables, without a thought of modules."""
