"""Methods about the bot itself and about chats: commands, names, members, webhook."""

from __future__ import annotations

import re
from typing import Final

from watchdog_bot.simulator.access import check_presence, check_reading, find_chat
from watchdog_bot.simulator.chats import ADMIN_RIGHTS, CHANNEL_RIGHTS, GROUP_RIGHTS, SEND_RIGHTS
from watchdog_bot.simulator.links import LinkError, check_link
from watchdog_bot.simulator.parameters import MalformedError, Parameters
from watchdog_bot.simulator.updates import UPDATE_KINDS
from watchdog_bot.simulator.values import Json, User, bad_request
from watchdog_bot.simulator.world import Profile, Webhook, World

MAX_COMMANDS: Final = 100
_COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}\Z")
_LANGUAGE: Final = re.compile(r"(?:[a-z]{2})?\Z")
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]*\Z")
_PLAIN_SCOPES: Final = frozenset(
    {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
)
_CHAT_SCOPES: Final = frozenset({"chat", "chat_administrators", "chat_member"})
_LIMITS: Final = {"name": 64, "description": 512, "short_description": 120}


# --------------------------------------------------------------------------- the bot


def get_me(world: World, given: Parameters) -> Json:
    """getMe."""
    del given
    return world.bot.wire() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def log_out(world: World, given: Parameters) -> bool:
    """logOut: the bot may work with another server; this one refuses it from now on."""
    del given
    world.logged_out = True
    return True


def close(world: World, given: Parameters) -> bool:
    """close: does nothing to a server that has one bot."""
    del world, given
    return True


def set_my_commands(world: World, given: Parameters) -> bool:
    """setMyCommands."""
    commands = given.data("commands")
    if not isinstance(commands, list):
        raise bad_request("Expected an Array of BotCommand")
    key = _scope(world, given)
    checked = [_command(one) for one in commands]
    if len(checked) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.command_lists[key] = checked
    return True


def get_my_commands(world: World, given: Parameters) -> list[Json]:
    """getMyCommands: exactly that scope and language, without falling back."""
    return world.command_lists.get(_scope(world, given), [])


def delete_my_commands(world: World, given: Parameters) -> bool:
    """deleteMyCommands."""
    world.command_lists.pop(_scope(world, given), None)
    return True


def set_my_name(world: World, given: Parameters) -> bool:
    """setMyName."""
    return _set_profile(world, given, "name")


def set_my_description(world: World, given: Parameters) -> bool:
    """setMyDescription."""
    return _set_profile(world, given, "description")


def set_my_short_description(world: World, given: Parameters) -> bool:
    """setMyShortDescription."""
    return _set_profile(world, given, "short_description")


def get_my_name(world: World, given: Parameters) -> Json:
    """getMyName; falls back to the name without a language."""
    return _get_profile(world, given, "name")


def get_my_description(world: World, given: Parameters) -> Json:
    """getMyDescription."""
    return _get_profile(world, given, "description")


def get_my_short_description(world: World, given: Parameters) -> Json:
    """getMyShortDescription."""
    return _get_profile(world, given, "short_description")


def set_my_default_administrator_rights(world: World, given: Parameters) -> bool:
    """setMyDefaultAdministratorRights; without rights they are forgotten."""
    rights = given.data("rights")
    for_channels = given.flag("for_channels")
    if rights is None:
        world.default_rights.pop(for_channels, None)
        return True
    known = {
        *ADMIN_RIGHTS,
        *GROUP_RIGHTS,
        *CHANNEL_RIGHTS,
        "is_anonymous",
        "can_manage_direct_messages",
        "can_manage_tags",
    }
    if not isinstance(rights, dict) or set(rights) - known:
        raise MalformedError(f"no rights of an administrator: {rights!r:.80}")
    world.default_rights[for_channels] = rights
    return True


def get_my_default_administrator_rights(world: World, given: Parameters) -> Json:
    """getMyDefaultAdministratorRights."""
    none = dict.fromkeys([*ADMIN_RIGHTS, "is_anonymous"], False)
    return none | world.default_rights.get(given.flag("for_channels"), {})


# --------------------------------------------------------------------------- chats


def get_chat(world: World, given: Parameters) -> Json:
    """getChat: ChatFullInfo."""
    chat = find_chat(world, given.chat())
    check_reading(chat)
    body = chat.wire() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(
            (
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ),
            False,
        ),
    }
    if chat.description:
        body["description"] = chat.description
    if chat.kind in {"group", "supergroup"}:
        body["permissions"] = dict.fromkeys(SEND_RIGHTS, not chat.mute_all)
    return body


def get_chat_member(world: World, given: Parameters) -> Json:
    """getChatMember."""
    chat = find_chat(world, given.chat())
    user_id = given.integer("user_id")
    if user_id <= 0:
        raise bad_request("invalid user_id specified")
    if user_id == world.bot.id:
        check_reading(chat)
    else:
        check_presence(chat)
    user = _user(world, user_id)
    if chat.kind == "private":
        return {"user": user.wire(), "status": "member"}
    if chat.kind == "channel" and not chat.bot.leads:
        raise bad_request("member list is inaccessible")
    return chat.member(user).wire(chat.kind)


def get_chat_administrators(world: World, given: Parameters) -> list[Json]:
    """getChatAdministrators; other bots are left out, so this one is, unless return_bots."""
    chat = find_chat(world, given.chat())
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    check_presence(chat)
    with_bots = given.flag("return_bots")
    leading = [member for member in chat.in_it() if member.leads]
    leading.sort(key=lambda member: member.status != "creator")
    is_own = world.bot.id
    return [
        member.wire(chat.kind)
        for member in leading
        if not member.user.is_bot or member.user.id == is_own or with_bots
    ]


def get_chat_member_count(world: World, given: Parameters) -> int:
    """getChatMemberCount."""
    chat = find_chat(world, given.chat())
    check_presence(chat)
    return 2 if chat.kind == "private" else sum(1 for _ in chat.in_it())


def leave_chat(world: World, given: Parameters) -> bool:
    """leaveChat."""
    chat = find_chat(world, given.chat())
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    check_presence(chat)
    chat.bot_leaves()
    return True


# --------------------------------------------------------------------------- webhook


def set_webhook(world: World, given: Parameters) -> bool:
    """setWebhook. Plain http is taken here, since only loopback is served."""
    url = given.text("url")
    if not url:
        return delete_webhook(world, given)
    try:
        check_link(url)
    except LinkError:
        raise bad_request("invalid webhook URL specified") from None
    if not url.startswith(("https://", "http://127.0.0.1", "http://[::1]")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = given.text("secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not _SECRET.match(secret):
        raise bad_request("secret token contains unallowed characters")
    connections = given.integer("max_connections", 40, least=1, most=100)
    if given.flag("drop_pending_updates"):
        world.updates.clear()
    allow_updates(world, given)
    world.updates.abort_poll("Conflict: terminated by setWebhook request")
    world.set_webhook(Webhook(url, secret, connections))
    return True


def delete_webhook(world: World, given: Parameters) -> bool:
    """deleteWebhook."""
    if given.flag("drop_pending_updates"):
        world.updates.clear()
    world.set_webhook(None)
    return True


def get_webhook_info(world: World, given: Parameters) -> Json:
    """getWebhookInfo."""
    del given
    hook = world.webhook
    body: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": world.pending,
    }
    if hook is not None:
        body["max_connections"] = hook.max_connections
    if world.webhook_error:
        body |= {"last_error_date": world.unix_now(), "last_error_message": world.webhook_error}
    if world.updates.allowed is not None:
        body["allowed_updates"] = sorted(world.updates.allowed)
    return body


def allow_updates(world: World, given: Parameters) -> None:
    """Take over `allowed_updates` where given. Raises MalformedError."""
    kinds = given.data("allowed_updates")
    if kinds is None:
        return
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise MalformedError("allowed_updates must be a list of texts")
    if unknown := set(kinds) - UPDATE_KINDS:
        raise MalformedError(f"there are no such updates: {sorted(unknown)}")
    world.updates.allow(kinds)


# --------------------------------------------------------------------------- inside


def _user(world: World, user_id: int) -> User:
    if user_id == world.bot.id:
        return world.bot
    chat = world.chats.get(user_id)
    if chat is None:
        raise bad_request("user not found")
    return chat.owner.user


def _language(given: Parameters) -> str:
    language = given.text("language_code")
    if not _LANGUAGE.match(language):
        raise bad_request("invalid language code specified")
    return language


def _scope(world: World, given: Parameters) -> tuple[str, str]:
    language = _language(given)
    scope = given.data("scope")
    if scope is None:
        return "default", language
    if not isinstance(scope, dict):
        raise bad_request("Can't parse BotCommandScope: BotCommandScope must be an Object")
    kind = scope.get("type")
    if kind in _PLAIN_SCOPES:
        return str(kind), language
    if kind not in _CHAT_SCOPES:
        raise bad_request("Can't parse BotCommandScope: Unsupported type specified")
    chat = find_chat(world, str(scope.get("chat_id") or "0"))
    check_reading(chat)
    if chat.kind == "private" and kind != "chat":
        raise bad_request("Can't use specified scope in private chats")
    if chat.kind == "channel":
        raise bad_request("Can't change commands in channel chats")
    if kind == "chat_member":
        user_id = scope.get("user_id")
        if type(user_id) is not int or user_id <= 0:
            raise bad_request("Can't parse BotCommandScope: Invalid user_id specified")
        return f"chat_member:{chat.id}:{user_id}", language
    return f"{kind}:{chat.id}", language


def _command(one: object) -> Json:
    if (
        not isinstance(one, dict)
        or not isinstance(one.get("command"), str)
        or not isinstance(one.get("description"), str)
    ):
        raise bad_request("Can't parse BotCommand: expected an Object")
    if surplus := set(one) - {"command", "description"}:
        raise MalformedError(f"a command has no fields {sorted(surplus)}")
    name, description = one["command"].strip().removeprefix("/"), one["description"].strip()
    if not name:
        raise bad_request("Command must be non-empty")
    if len(name) > 32:
        raise bad_request("Command length must not exceed 32")
    if not description:
        raise bad_request("Command description must be non-empty")
    if len(description) > 256:
        raise bad_request("Command description length must not exceed 256")
    if not _COMMAND.match(name):
        raise bad_request("BOT_COMMAND_INVALID")
    return {"command": name, "description": description}


def _set_profile(world: World, given: Parameters, name: str) -> bool:
    language, text = _language(given), given.text(name)
    if len(text) > _LIMITS[name]:
        raise bad_request(f"bot {name.replace('_', ' ')} is too long")
    profile = world.profiles.setdefault(language, Profile())
    setattr(profile, name, text)
    return True


def _get_profile(world: World, given: Parameters, name: str) -> Json:
    own = getattr(world.profile(_language(given)), name)
    return {name: own or getattr(world.profile(), name)}
