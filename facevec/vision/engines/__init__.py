"""What runs a network: OpenVINO on CPUs, torch as the reference and on GPUs."""
