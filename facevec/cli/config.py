"""`facevec config`: what is set, and where; what can be set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from facevec.cli.common import FAULTS_EXIT_CODE, json_option, print_json, settings, show
from facevec.cli.files import named
from facevec.cli.standing import standing_of

if TYPE_CHECKING:
    from facevec.config.profiles import Profile

_PASSWORDS = (re.compile(r"(?<=://)([^/:@]*:).*(?=@)"), re.compile(r"(\bpassword=)[^&]*"))


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command("show")
@json_option
def show_config(as_json: bool) -> None:
    """Print every setting, its value and where it comes from; passwords are masked."""
    from facevec.config import keys, value
    from facevec.presentation.answers.system import SettingAnswer, SettingsAnswer
    from facevec.presentation.answers.thresholds import ThresholdsAnswer

    loaded = settings()
    rows = tuple(
        SettingAnswer(key=key, value=mask(value(loaded.settings, key)), origin=loaded.origins[key])
        for key in keys()
    )
    standing = standing_of(loaded)
    if as_json:
        print_json(
            SettingsAnswer(
                home=str(loaded.home),
                models=str(loaded.models),
                settings=rows,
                thresholds=ThresholdsAnswer.of_standing(standing),
            )
        )
        return
    from facevec.presentation.calibration_words import standing_in_words
    from facevec.presentation.tables import settings_table

    show(settings_table([(row.key, row.value, row.origin) for row in rows]))
    show(f"Home   {named(loaded.home)}\nModels {named(loaded.models)}")
    if standing is not None:
        show(f"In force now: {standing_in_words(standing)}")


@config.command()
@click.argument("name", required=False)
@click.option("--check", is_flag=True, help="Exit with 4 where one of its settings is not in force here.")
@json_option
def profile(name: str | None, check: bool, as_json: bool) -> None:
    """Print the settings of the profile NAME, each with its reason, as they stand in the file; list profiles.

    Nothing is changed: write them into config/facevec.toml. --check says which of them are
    not in force.
    """
    from facevec.config.profiles import PROFILES
    from facevec.presentation.answers.system import ProfileAnswer, ProfilesAnswer, ProfileSetting

    if name is None:
        if check:
            raise click.UsageError(f"--check needs the NAME of a profile: {', '.join(PROFILES)}.")
        if as_json:
            print_json(ProfilesAnswer(profiles={known: one.about for known, one in PROFILES.items()}))
            return
        for known, one in PROFILES.items():
            show(f"{known}: {one.about}")
        return
    if name not in PROFILES:
        raise click.UsageError(f"There is no profile {name!r}; there is {', '.join(PROFILES)}.")
    chosen = PROFILES[name]
    differing = tuple(one.key for one in chosen.differences(settings()))
    if as_json:
        listed = tuple(ProfileSetting.of(one, in_force=one.key not in differing) for one in chosen.settings)
        print_json(ProfileAnswer(name=name, settings=listed))
    elif check:
        for key in differing:
            show(f"{key} is not as the profile has it.")
        show(f"{len(chosen.settings) - len(differing)} of {len(chosen.settings)} settings are in force.")
    else:
        click.echo("\n".join(_written(chosen)))
    if check and differing:
        click.get_current_context().exit(FAULTS_EXIT_CODE)


def _written(profile: Profile) -> Iterator[str]:
    """The lines of a settings file."""
    section = ""
    for one in profile.settings:
        head, _, key = one.key.partition(".")
        if head != section:
            yield f"[{head}]"
            section = head
        yield f"{key} = {json.dumps(one.value)}  # {one.why}"


@config.command("template")
@json_option
def print_template(as_json: bool) -> None:
    """Print the settings file: every setting with what it does, its default or an example.

    Nothing in it counts until the # before it is removed: keep it as config/facevec.toml
    in FACEVEC_HOME. --json prints the JSON schema instead, by which editors check the file.
    """
    from facevec.config import Settings
    from facevec.config.template import template

    click.echo(json.dumps(Settings.model_json_schema(), indent=2) if as_json else template().rstrip("\n"))


def mask(value: object) -> object:
    """`value` without the password of a URL in it."""
    if not isinstance(value, str):
        return value
    for password in _PASSWORDS:
        value = password.sub(r"\1***", value)
    return value
