"""Training of StyleGrid's feed-forward methods, and the style plates they are trained on."""
