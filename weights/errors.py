"""The error that everything in weights/ raises."""


class WeightsError(RuntimeError):
    """Weights are missing, damaged or not the ones that the catalog names; the message is for people."""
