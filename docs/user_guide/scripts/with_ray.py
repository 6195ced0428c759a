"""Classify Parquet with Ray Data: python with_ray.py MODEL IMAGES OUTPUT [ADDRESS]."""

import sys

import ray

import akida_lite as al


def main(model, images, output, address="local"):
    """Write name and class of every image of one Parquet data set to another."""
    ray.init(address, include_dashboard=False, log_to_driver=False)
    try:
        data = ray.data.read_parquet(images)
        answers = data.map_batches(
            # Made here, it is one model for all processes; each of them reads it once.
            al.Classifier(model, keep=["name"], threads=1),
            batch_size=64,
            concurrency=2,
            num_cpus=0.5,  # reading and writing need some, too
        )
        answers.write_parquet(output)
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
