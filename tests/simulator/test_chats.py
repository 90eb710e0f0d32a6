"""Groups, supergroups, topics and channels: what the bot sees there and may do there."""

from __future__ import annotations

import pytest
from telegram import (
    Bot,
    BotCommandScopeChat,
    ChatMemberAdministrator,
    ChatMemberBanned,
    ChatMemberLeft,
    ChatMemberOwner,
    ChatMemberRestricted,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden

from watchdog_bot.simulator import Chat, Person, Simulator


async def texts(bot: Bot, sim: Simulator) -> list[str]:
    """What the bot sees, each once."""
    updates = await bot.get_updates()
    sim.updates.clear()
    return [update.effective_message.text or "" for update in updates if update.effective_message]


@pytest.fixture
def group(sim: Simulator, vera: Person) -> Chat:
    chat = vera.create_group("Desk")
    sim.updates.clear()
    return chat


@pytest.fixture
def forum(sim: Simulator, vera: Person) -> Chat:
    chat = vera.create_group("Forum", topics=True)
    sim.updates.clear()
    return chat


async def test_joining_a_group_is_told_twice(bot: Bot, vera: Person) -> None:
    vera.create_group("Desk")
    standing, joined = await bot.get_updates()
    assert standing.my_chat_member is not None
    assert standing.my_chat_member.new_chat_member.status == "member"
    assert standing.my_chat_member.from_user.id == vera.id
    assert joined.message is not None
    assert joined.message.new_chat_members[0].id == bot.id


async def test_privacy_mode_hides_what_is_not_for_the_bot(
    sim: Simulator, bot: Bot, vera: Person, group: Chat
) -> None:
    sent = await bot.send_message(group.id, "alert")
    vera.say("hello all", chat=group)
    vera.say("/status", chat=group)
    vera.say(f"/status@{bot.username}", chat=group)
    vera.say("/status@another_bot", chat=group)
    vera.say("why?", chat=group, reply_to=sent.message_id)
    assert await texts(bot, sim) == ["/status", f"/status@{bot.username}", "why?"]
    group.promote_bot()
    sim.updates.clear()
    vera.say("hello all", chat=group)
    assert await texts(bot, sim) == ["hello all"]


async def test_an_anonymous_admin_writes_in_the_groups_name(
    sim: Simulator, bot: Bot, vera: Person, group: Chat
) -> None:
    vera.say("/mute", chat=group, anonymous=True)
    (update,) = await bot.get_updates()
    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert message.sender_chat is not None
    assert (message.from_user.username, message.sender_chat.id) == ("GroupAnonymousBot", group.id)
    with pytest.raises(ValueError, match="no administrator"):
        sim.person("Ivan").say("x", chat=group, anonymous=True)


async def test_members_are_told_as_they_are(sim: Simulator, bot: Bot, vera: Person, group: Chat) -> None:
    ivan, olga, pyotr = sim.person("Ivan"), sim.person("Olga"), sim.person("Pyotr")
    group.promote(ivan, can_delete_messages=False)
    group.add(olga)
    group.kick(pyotr)
    assert isinstance(await bot.get_chat_member(group.id, vera.id), ChatMemberOwner)
    admin = await bot.get_chat_member(group.id, ivan.id)
    assert isinstance(admin, ChatMemberAdministrator)
    assert (admin.can_delete_messages, admin.can_pin_messages) == (False, True)
    assert (await bot.get_chat_member(group.id, olga.id)).status == "member"
    assert isinstance(await bot.get_chat_member(group.id, pyotr.id), ChatMemberBanned)
    group.leave(olga)
    assert isinstance(await bot.get_chat_member(group.id, olga.id), ChatMemberLeft)
    assert [a.user.id for a in await bot.get_chat_administrators(group.id)] == [vera.id, ivan.id]
    assert await bot.get_chat_member_count(group.id) == 3
    with pytest.raises(BadRequest, match="User not found"):
        await bot.get_chat_member(group.id, 42)


async def test_it_says_in_which_way_the_bot_is_not_in_a_chat(sim: Simulator, bot: Bot, vera: Person) -> None:
    for chat, kind in (
        (vera.create_group("A"), "group"),
        (vera.create_group("B", supergroup=True), "supergroup"),
        (vera.create_channel("C"), "channel"),
    ):
        chat.remove_bot()
        with pytest.raises(Forbidden, match=f"bot was kicked from the {kind} chat"):
            await bot.send_message(chat.id, "x")
        chat.add_bot()
        await bot.send_message(chat.id, "x")
        assert await bot.leave_chat(chat.id)
        with pytest.raises(Forbidden, match=f"bot is not a member of the {kind} chat"):
            await bot.send_message(chat.id, "x")
    gone = vera.create_group("D")
    gone.delete()
    with pytest.raises(Forbidden, match="the group chat was deleted"):
        await bot.send_message(gone.id, "x")


async def test_a_migrated_group_tells_its_new_id(sim: Simulator, bot: Bot, vera: Person, group: Chat) -> None:
    new = vera.migrate(group)
    old_side, new_side = await bot.get_updates()
    assert old_side.message is not None
    assert new_side.message is not None
    assert (old_side.message.chat.id, old_side.message.migrate_to_chat_id) == (group.id, new.id)
    assert (new_side.message.chat.id, new_side.message.migrate_from_chat_id) == (new.id, group.id)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(group.id, "x")
    assert caught.value.new_chat_id == new.id
    assert (await bot.send_message(new.id, "x")).chat.type == "supergroup"
    with pytest.raises(ValueError, match="only a group that was not yet migrated"):
        new.migrate()


async def test_a_silenced_bot_is_told_so(bot: Bot, group: Chat) -> None:
    group.restrict_bot()
    with pytest.raises(BadRequest, match="Not enough rights to send text messages to the chat"):
        await bot.send_message(group.id, "x")
    assert isinstance(await bot.get_chat_member(group.id, bot.id), ChatMemberRestricted)
    group.restrict_bot(can_send=True)
    await bot.send_message(group.id, "x")
    group.mute_all = True
    with pytest.raises(BadRequest, match="Not enough rights to send text messages to the chat"):
        await bot.send_message(group.id, "x")


async def test_a_message_goes_to_its_topic_and_never_to_topic_1(bot: Bot, forum: Chat) -> None:
    topic = forum.create_topic("Alerts")
    sent = await bot.send_message(forum.id, "x", message_thread_id=topic)
    assert (sent.message_thread_id, sent.is_topic_message) == (topic, True)
    general = await bot.send_message(forum.id, "x")
    assert general.message_thread_id is None
    for thread in (1, 999):
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(forum.id, "x", message_thread_id=thread)


async def test_closed_and_deleted_topics_refuse(bot: Bot, forum: Chat) -> None:
    topic = forum.create_topic("Alerts")
    forum.close_topic(topic)
    with pytest.raises(BadRequest, match=r"(?i)topic_closed"):
        await bot.send_message(forum.id, "x", message_thread_id=topic)
    forum.reopen_topic(topic)
    await bot.send_message(forum.id, "x", message_thread_id=topic)
    forum.delete_topic(topic)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "x", message_thread_id=topic)
    forum.close_topic()
    with pytest.raises(BadRequest, match=r"(?i)topic_closed"):
        await bot.send_message(forum.id, "x")


async def test_a_reply_without_a_thread_goes_to_the_topic_of_what_it_answers(
    bot: Bot, vera: Person, forum: Chat
) -> None:
    topic = forum.create_topic("Alerts")
    said = vera.say("/status", chat=forum, thread=topic)
    sent = await bot.send_message(forum.id, "fine", reply_parameters=ReplyParameters(said.id))
    assert sent.message_thread_id == topic


async def test_a_message_in_a_topic_looks_like_a_reply_to_the_topics_start(
    sim: Simulator, bot: Bot, vera: Person, forum: Chat
) -> None:
    topic = forum.create_topic("Alerts")
    sim.updates.clear()
    vera.say("/status", chat=forum, thread=topic)
    (update,) = await bot.get_updates()
    message = update.message
    assert message is not None
    assert message.is_topic_message
    assert message.reply_to_message is not None
    assert message.reply_to_message.forum_topic_created is not None


async def test_a_reply_in_a_supergroup_without_topics_has_a_thread_all_the_same(
    bot: Bot, vera: Person, sim: Simulator
) -> None:
    chat = vera.create_group("Big", supergroup=True)
    sim.updates.clear()
    root = await bot.send_message(chat.id, "alert")
    vera.say("why?", chat=chat, reply_to=root.message_id)
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.message_thread_id == root.message_id
    assert not update.message.is_topic_message


async def test_in_a_channel_only_an_administrator_posts(sim: Simulator, bot: Bot, vera: Person) -> None:
    channel = vera.create_channel("News", username="desk_news")
    sent = await bot.send_message("@desk_news", "alert")
    assert sent.from_user is None
    assert sent.sender_chat is not None
    await bot.edit_message_text("alert, updated", channel.id, sent.message_id)
    sim.updates.clear()
    vera.post(channel, "ours")
    (update,) = await bot.get_updates()
    assert update.channel_post is not None
    assert update.channel_post.text == "ours"
    channel.promote_bot(can_post_messages=False, can_edit_messages=False)
    with pytest.raises(BadRequest, match="Need administrator rights in the channel chat"):
        await bot.send_message(channel.id, "x")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("y", channel.id, sent.message_id)


async def test_get_chat_tells_what_telegram_tells(
    sim: Simulator, bot: Bot, vera: Person, forum: Chat
) -> None:
    private = await bot.get_chat(vera.id)
    assert (private.type, private.first_name) == ("private", "Vera")
    shown = await bot.get_chat(forum.id)
    assert (shown.title, shown.is_forum) == ("Forum", True)
    stranger = sim.person("Ivan")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.get_chat(stranger.id)
    with pytest.raises(BadRequest, match="There are no administrators in the private chat"):
        await bot.get_chat_administrators(vera.id)


async def test_a_chat_the_bot_was_never_in_does_not_exist_for_it(bot: Bot, vera: Person) -> None:
    chat = vera.create_group("Secret", bot=False)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(chat.id, "x")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.set_my_commands([("a", "b")], scope=BotCommandScopeChat(chat.id))


async def test_other_peoples_messages_are_deleted_only_with_the_right_to(
    bot: Bot, vera: Person, group: Chat
) -> None:
    said = vera.say("/spam", chat=group)
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(group.id, said.id)
    group.promote_bot()
    assert await bot.delete_message(group.id, said.id)
    assert said.id not in group.messages


async def test_every_update_is_one_the_client_can_read(sim: Simulator, bot: Bot, vera: Person) -> None:
    group = vera.create_group("Desk", topics=True)
    ivan = sim.person("Ivan", username="ivan", last_name="I.", premium=True)
    ivan.join(group)
    topic = group.create_topic("T")
    ivan.edit(ivan.say("/a@watchdog_sim_bot #tag @ivan http://x.org/y.", chat=group, thread=topic), "/b")
    group.close_topic(topic)
    ivan.leave(group)
    vera.remove_bot(group)
    vera.block_bot()
    vera.start("c_UA")
    updates = await bot.get_updates()
    assert all(isinstance(update, Update) and update.effective_chat for update in updates)
    kinds = [next(k for k in update.to_dict() if k != "update_id") for update in updates]
    assert kinds == [
        "my_chat_member",
        "message",  # the bot joined
        "message",  # Ivan joined
        "message",  # a topic was made
        "message",
        "edited_message",
        "message",  # the topic was closed
        "message",  # Ivan left
        "my_chat_member",
        "my_chat_member",
        "my_chat_member",
        "message",
    ]
    assert updates[-1].message is not None
    assert updates[-1].message.text == "/start c_UA"
