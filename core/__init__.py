"""The parts of StyleGrid that know nothing of its user interface."""
