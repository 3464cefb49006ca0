"""A real Tryton beside the demo, and for the tests: furnished, served, and shipped from, over HTTP only."""
