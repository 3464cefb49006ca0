"""The commerce core: one module per noun, holding its tables and its verbs."""
