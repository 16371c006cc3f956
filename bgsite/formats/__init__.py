"""How times are written where a page does not say: with 24 hours, as logs have them."""
