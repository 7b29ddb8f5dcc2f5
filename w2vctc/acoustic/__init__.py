"""The acoustic model: presets, batches, training, emissions."""
