"""The parts of the outlet `files`: its settings, where folders are, what is written and what is read."""
