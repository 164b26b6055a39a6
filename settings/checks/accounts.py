"""Rules of the databases, users and grants inside the cluster."""

from collections.abc import Iterator

from pydantic import SecretStr

from settings import grants
from settings.checks import names
from settings.checks.check import Check, Context
from settings.flavors import Flavor
from settings.model.database import DatabaseSchema, Grant
from settings.problems import Problem, show


def databases(context: Context) -> Iterator[Problem]:
    """Names, each once, and character sets that there are."""
    seen: set[str] = set()
    for index, database in enumerate(context.config.database.databases):
        key, name = f"database.databases[{index}]", database.name
        if name.lower() in grants.SYSTEM_DATABASES:
            yield Problem(
                key=f"{key}.name", value=show(name), text="belongs to the server; choose another name"
            )
        elif name and not grants.is_database_name(name):
            text = "may hold letters, digits and _ $ -, 64 at most"
            yield Problem(key=f"{key}.name", value=show(name), text=text)
        elif name and name.lower() in seen:
            yield Problem(key=f"{key}.name", value=show(name), text="is named twice")
        seen.add(name.lower())
        yield from _charset(key, database, context.config.database.of_flavor)


def _charset(key: str, database: DatabaseSchema, flavor: Flavor) -> Iterator[Problem]:
    charset, collation = database.charset, database.collation
    if charset not in flavor.collations:
        text = f"is no character set of {flavor.title}{names.nearest(charset, flavor.collations)}"
        yield Problem(key=f"{key}.charset", value=show(charset), text=text)
    elif collation is not None and collation != charset and not collation.startswith(f"{charset}_"):
        text = f"is no collation of {charset}; its default is {flavor.collations[charset]}"
        yield Problem(key=f"{key}.collation", value=show(collation), text=text)


def users(context: Context) -> Iterator[Problem]:
    """Accounts that can be made, each once, and none of the product's own."""
    seen: set[tuple[str, str]] = set()
    flavor = context.config.database.of_flavor
    for index, user in enumerate(context.config.database.users):
        key = f"database.users[{index}]"
        if is_taken(user.name, flavor):
            text = "belongs to the server or to galera-swarm; choose another name"
            yield Problem(key=f"{key}.name", value=show(user.name), text=text)
        elif user.name and not (grants.is_user_name(user.name) and len(user.name) <= flavor.longest_user):
            text = f"may hold letters, digits and _ . $ -, {flavor.longest_user} at most"
            yield Problem(key=f"{key}.name", value=show(user.name), text=text)
        elif user.name and (user.name, user.host) in seen:
            text = f"is named twice for host {user.host}"
            yield Problem(key=f"{key}.name", value=show(user.name), text=text)
        seen.add((user.name, user.host))
        if not grants.is_host(user.host):
            text = "must be a host name, an address or a pattern such as 10.% or %"
            yield Problem(key=f"{key}.host", value=show(user.host), text=text)


def is_taken(name: str, flavor: Flavor) -> bool:
    """Whether an account of that name is the server's or galera-swarm's."""
    return name.lower() in flavor.system_users or name.lower().startswith(grants.SYSTEM_USER_PREFIX)


def granted(context: Context) -> Iterator[Problem]:
    """Privileges that there are, on objects on which they can be granted."""
    for index, user in enumerate(context.config.database.users):
        seen: set[str] = set()
        for number, grant in enumerate(user.grants):
            key = f"database.users[{index}].grants[{number}]"
            if grant.on and not grants.is_object(grant.on):
                text = "must be *.*, a database (shop.*) or a table (shop.orders)"
                yield Problem(key=f"{key}.on", value=show(grant.on), text=text)
            elif grant.on and grant.on in seen:
                text = "is granted on twice; put the privileges into one list"
                yield Problem(key=f"{key}.on", value=show(grant.on), text=text)
            seen.add(grant.on)
            yield from _privileges(key, grant, context.config.database.of_flavor)


def _privileges(key: str, grant: Grant, flavor: Flavor) -> Iterator[Problem]:
    given = [grants.normal(privilege) for privilege in grant.privileges]
    for index, privilege in enumerate(given):
        here, value = f"{key}.privileges[{index}]", show(grant.privileges[index])
        misplaced = grants.misplaced(privilege, grant.on) if grants.is_object(grant.on) else None
        if privilege == "GRANT OPTION":
            yield Problem(key=here, value=value, text=f"is set by {key}.grantOption: true")
        elif privilege not in flavor.privileges:
            text = f"is no privilege of {flavor.title}{names.nearest(privilege, flavor.privileges)}"
            yield Problem(key=here, value=value, text=text)
        elif misplaced is not None:
            yield Problem(key=here, value=value, text=misplaced)
        elif privilege in given[:index]:
            yield Problem(key=here, value=value, text="is named twice")
        elif privilege in ("ALL", "ALL PRIVILEGES", "USAGE") and len(given) > 1:
            yield Problem(key=here, value=value, text="must stand alone")


def passwords(context: Context) -> Iterator[Problem]:
    """Passwords that survive a file and a command line of SQL."""
    database = context.config.database
    given: dict[str, SecretStr | None] = {"database.rootPassword": database.root_password}
    for index, user in enumerate(database.users):
        given[f"database.users[{index}].password"] = user.password
    for key, password in given.items():
        if password is None:
            continue
        text = password.get_secret_value()
        if not text:
            yield Problem(key=key, text="must not be empty; leave the key out to have one generated")
        elif not text.isprintable():
            yield Problem(
                key=key, text="must be one line without control characters (the value is not shown)"
            )


CHECKS = (
    Check(reads=("database.flavor",), find=databases),
    Check(reads=("database.flavor",), find=users),
    Check(reads=("database.flavor",), find=granted),
    Check(reads=(), find=passwords),
)
