"""Packages of the distribution; setup.cfg holds everything else."""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["facevec", "facevec.*"]),
        "facevec_migrations",
        "facevec_migrations.versions",
    ],
    package_dir={"facevec_migrations": "migrations"},
)
