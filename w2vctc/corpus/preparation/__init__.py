"""A corpus made into one clean folder of manifests, its sound converted where wanted."""
