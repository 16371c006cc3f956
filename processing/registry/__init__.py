"""Models: specs as data, weights, sessions, predictors. Knows no Django and no job."""
