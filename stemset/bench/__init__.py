"""Measuring how good a separation is, and how fast."""
