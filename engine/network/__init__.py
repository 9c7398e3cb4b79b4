"""A network: layers in a row, and passes of a batch through them."""
