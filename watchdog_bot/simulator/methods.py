"""The table of methods: name, what serves it, which parameters it takes (Bot API 10.0)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from watchdog_bot.simulator import messages, settings
from watchdog_bot.simulator.parameters import MalformedError, Parameters
from watchdog_bot.simulator.values import ApiError, bad_request
from watchdog_bot.simulator.world import World

_NOT_SIMULATED: Final = frozenset(
    {"business_connection_id", "direct_messages_topic_id", "suggested_post_parameters", "message_effect_id"}
)
_SCOPED: Final = "scope language_code"


@dataclass(frozen=True, slots=True)
class Method:
    """`serve` returns the result or raises ApiError; `names` are all parameters Telegram knows for it."""

    name: str
    serve: Callable[[World, Parameters], Any]
    names: frozenset[str]
    needed: tuple[str, ...] = ()


def _method(
    name: str, serve: Callable[[World, Parameters], Any], names: str = "", needed: str = ""
) -> Method:
    return Method(name, serve, frozenset(names.split()), tuple(needed.split()))


METHODS: Final[dict[str, Method]] = {
    method.name.lower(): method
    for method in (
        _method("getMe", settings.get_me),
        _method("logOut", settings.log_out),
        _method("close", settings.close),
        _method(
            "sendMessage",
            messages.send_message,
            "business_connection_id chat_id message_thread_id direct_messages_topic_id text parse_mode entities "
            "link_preview_options disable_notification protect_content allow_paid_broadcast message_effect_id "
            "suggested_post_parameters reply_parameters reply_markup",
        ),
        _method(
            "editMessageText",
            messages.edit_message_text,
            "business_connection_id chat_id message_id inline_message_id text parse_mode entities "
            "link_preview_options reply_markup",
        ),
        _method(
            "editMessageReplyMarkup",
            messages.edit_message_reply_markup,
            "business_connection_id chat_id message_id inline_message_id reply_markup",
        ),
        _method("deleteMessage", messages.delete_message, "chat_id message_id"),
        _method("deleteMessages", messages.delete_messages, "chat_id message_ids"),
        _method(
            "answerCallbackQuery",
            messages.answer_callback_query,
            "callback_query_id text show_alert url cache_time",
            "callback_query_id",
        ),
        _method(
            "sendChatAction",
            messages.send_chat_action,
            "business_connection_id chat_id message_thread_id action",
        ),
        _method("setMessageReaction", messages.set_message_reaction, "chat_id message_id reaction is_big"),
        _method("setMyCommands", settings.set_my_commands, f"commands {_SCOPED}"),
        _method("getMyCommands", settings.get_my_commands, _SCOPED),
        _method("deleteMyCommands", settings.delete_my_commands, _SCOPED),
        _method("setMyName", settings.set_my_name, "name language_code"),
        _method("getMyName", settings.get_my_name, "language_code"),
        _method("setMyDescription", settings.set_my_description, "description language_code"),
        _method("getMyDescription", settings.get_my_description, "language_code"),
        _method(
            "setMyShortDescription", settings.set_my_short_description, "short_description language_code"
        ),
        _method("getMyShortDescription", settings.get_my_short_description, "language_code"),
        _method(
            "setMyDefaultAdministratorRights",
            settings.set_my_default_administrator_rights,
            "rights for_channels",
        ),
        _method(
            "getMyDefaultAdministratorRights", settings.get_my_default_administrator_rights, "for_channels"
        ),
        _method("getChat", settings.get_chat, "chat_id"),
        _method("getChatMember", settings.get_chat_member, "chat_id user_id"),
        _method("getChatAdministrators", settings.get_chat_administrators, "chat_id return_bots"),
        _method("getChatMemberCount", settings.get_chat_member_count, "chat_id"),
        _method("leaveChat", settings.leave_chat, "chat_id"),
        _method(
            "setWebhook",
            settings.set_webhook,
            "url certificate ip_address max_connections allowed_updates drop_pending_updates secret_token",
        ),
        _method("deleteWebhook", settings.delete_webhook, "drop_pending_updates"),
        _method("getWebhookInfo", settings.get_webhook_info),
    )
}
# Served by the HTTP side because it waits; its parameters are checked like all others.
GET_UPDATES: Final = _method(
    "getUpdates", lambda _world, _given: None, "offset limit timeout allowed_updates"
)


def check_parameters(method: Method, given: Parameters) -> None:
    """Refuse what the method does not take. Raises ApiError."""
    if unknown := given.values.keys() - method.names:
        raise MalformedError(f"{method.name} has no parameter {', '.join(sorted(unknown))}")
    if not_simulated := [name for name in given.values if name in _NOT_SIMULATED and given.has(name)]:
        raise MalformedError(f"the simulator does not do {', '.join(not_simulated)}")
    for name in method.needed:
        if not given.has(name):
            raise bad_request(f"{name} is empty")


def serve(world: World, method: Method, given: Parameters) -> Any:
    """Check and run a method. Raises ApiError; what is MalformedError is noted as a violation."""
    try:
        check_parameters(method, given)
        return method.serve(world, given)
    except MalformedError as error:
        world.violate(method.name, error.cause)
        raise ApiError(error.code, error.description) from None
