"""Commands, names, rights, webhook information."""

from __future__ import annotations

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    BotCommandScopeChatMember,
    ChatAdministratorRights,
)
from telegram.error import BadRequest, InvalidToken

from watchdog_bot.simulator import Person, Simulator


async def test_get_me_tells_who_the_bot_is(sim: Simulator, bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (sim.bot.id, "watchdog_sim_bot", True)
    assert me.can_read_all_group_messages is False


async def test_commands_are_kept_by_scope_and_language(sim: Simulator, bot: Bot, vera: Person) -> None:
    await bot.set_my_commands([("start", "Begin"), ("help", "Help")])
    await bot.set_my_commands([("start", "Почати")], language_code="uk")
    await bot.set_my_commands([("admin", "Admin")], scope=BotCommandScopeChat(vera.id))
    await bot.set_my_commands([("status", "Status")], scope=BotCommandScopeAllGroupChats())
    assert await bot.get_my_commands(language_code="uk") == (BotCommand("start", "Почати"),)
    assert [c["command"] for c in sim.commands()] == ["start", "help"]
    assert [c["command"] for c in sim.commands(f"chat:{vera.id}")] == ["admin"]
    assert [c["command"] for c in sim.commands("all_group_chats")] == ["status"]
    await bot.delete_my_commands(language_code="uk")
    assert await bot.get_my_commands(language_code="uk") == ()


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([("Start", "x")], "Bot_command_invalid"),
        ([("a-b", "x")], "Bot_command_invalid"),
        ([("a" * 33, "x")], "Command length must not exceed 32"),
        ([("a", "")], "Command description must be non-empty"),
        ([("a", "x" * 257)], "Command description length must not exceed 256"),
        ([("", "x")], "Command must be non-empty"),
        ([(f"c{n}", "x") for n in range(101)], "Bot_commands_too_much"),
    ],
)
async def test_bad_commands_are_refused(bot: Bot, commands: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        await bot.set_my_commands(commands)


async def test_scopes_must_fit_the_chat(sim: Simulator, bot: Bot, vera: Person) -> None:
    group, channel = vera.create_group("Desk"), vera.create_channel("News")
    await bot.set_my_commands([("a", "x")], scope=BotCommandScopeChatAdministrators(group.id))
    await bot.set_my_commands([("a", "x")], scope=BotCommandScopeChatMember(group.id, vera.id))
    assert sim.commands(f"chat_member:{group.id}:{vera.id}")
    with pytest.raises(BadRequest, match="Can't use specified scope in private chats"):
        await bot.set_my_commands([("a", "x")], scope=BotCommandScopeChatAdministrators(vera.id))
    with pytest.raises(BadRequest, match="Can't change commands in channel chats"):
        await bot.set_my_commands([("a", "x")], scope=BotCommandScopeChat(channel.id))
    with pytest.raises(BadRequest, match="Invalid language code specified"):
        await bot.set_my_commands([("a", "x")], language_code="ukr")


async def test_name_and_descriptions_are_kept_by_language(sim: Simulator, bot: Bot) -> None:
    await bot.set_my_name("Watchdog")
    await bot.set_my_name("Сторож", language_code="uk")
    await bot.set_my_description("Alerts")
    await bot.set_my_short_description("Short")
    assert (await bot.get_my_name("uk")).name == "Сторож"
    assert (await bot.get_my_name("de")).name == "Watchdog"
    assert (await bot.get_my_description()).description == "Alerts"
    assert (await bot.get_my_short_description()).short_description == "Short"
    assert sim.profile("uk").name == "Сторож"
    with pytest.raises(BadRequest, match="Bot short description is too long"):
        await bot.set_my_short_description("x" * 121)


async def test_default_rights_are_kept_apart_for_channels(bot: Bot) -> None:
    rights = ChatAdministratorRights.no_rights()
    await bot.set_my_default_administrator_rights(rights, for_channels=True)
    assert await bot.get_my_default_administrator_rights(for_channels=True) == rights
    await bot.set_my_default_administrator_rights(for_channels=True)
    assert (await bot.get_my_default_administrator_rights()).can_delete_messages is False


async def test_after_log_out_the_token_is_refused(bot: Bot) -> None:
    assert await bot.close()
    assert await bot.log_out()
    with pytest.raises(InvalidToken):
        await bot.get_me()


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("5", "BotCommandScope must be an Object"),
        ('{"type":"everybody"}', "Unsupported type specified"),
        ('{"type":"chat"}', "chat not found"),
        ('{"type":"chat","chat_id":"Vera"}', "chat not found"),
        ('{"type":"chat_member","chat_id":"@desk","user_id":"x"}', "Invalid user_id specified"),
    ],
)
async def test_a_broken_scope_is_refused(bot: Bot, vera: Person, scope: str, words: str) -> None:
    vera.create_group("Desk", username="desk")
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.get_my_commands(api_kwargs={"scope": scope})


async def test_broken_lists_are_refused(sim: Simulator, bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Expected an array of botcommand"):
        await bot.set_my_commands([], api_kwargs={"commands": "5"})
    with pytest.raises(BadRequest, match="expected an object"):
        await bot.set_my_commands([], api_kwargs={"commands": "[5]"})
    with pytest.raises(BadRequest, match="A command has no fields"):
        await bot.set_my_commands([], api_kwargs={"commands": '[{"command":"a","description":"b","x":1}]'})
    with pytest.raises(BadRequest, match="No rights of an administrator"):
        await bot.set_my_default_administrator_rights(api_kwargs={"rights": '{"can_fly":true}'})
    with pytest.raises(BadRequest, match="There are no such updates"):
        await bot.get_updates(allowed_updates=["mesage"])
    with pytest.raises(BadRequest, match="Allowed_updates must be a list"):
        await bot.get_updates(api_kwargs={"allowed_updates": "5"})
    assert len(sim.violations) == 4


async def test_get_chat_tells_names_and_description(sim: Simulator, bot: Bot) -> None:
    olga = sim.person("Olga", last_name="Petrenko", username="olga_p")
    olga.start()
    private = await bot.get_chat(olga.id)
    assert (private.first_name, private.last_name, private.username) == ("Olga", "Petrenko", "olga_p")
    group = olga.create_group("Desk")
    group.description = "Alerts"
    assert (await bot.get_chat(group.id)).description == "Alerts"
    assert (group.name, olga.chat.name) == ("Desk", "Olga")


async def test_one_does_not_leave_a_private_chat(bot: Bot, vera: Person) -> None:
    with pytest.raises(BadRequest, match="can't be changed in private chats"):
        await bot.leave_chat(vera.id)
    assert await bot.get_chat_member_count(vera.id) == 2
    assert (await bot.get_chat_member(vera.id, vera.id)).status == "member"
    with pytest.raises(BadRequest, match="Invalid user_id specified"):
        await bot.get_chat_member(vera.id, -5)


async def test_members_of_a_channel_are_for_its_administrators(bot: Bot, vera: Person) -> None:
    channel = vera.create_channel("News")
    assert (await bot.get_chat_member(channel.id, vera.id)).status == "creator"
    channel.demote_bot()
    with pytest.raises(BadRequest, match="Member list is inaccessible"):
        await bot.get_chat_member(channel.id, vera.id)
