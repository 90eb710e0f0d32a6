"""python-telegram-bot connected to the simulator without a network, so that a virtual clock sees all that happens."""

from __future__ import annotations

from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from watchdog_bot.simulator import Simulator, faults
from watchdog_bot.simulator.faults import Call
from watchdog_bot.simulator.methods import METHODS, serve
from watchdog_bot.simulator.parameters import Parameters, read_json
from watchdog_bot.simulator.server import _encode, _refusal
from watchdog_bot.simulator.values import ApiError
from watchdog_bot.telegram.transport import AiohttpRequest, AnswerLostError, NotReachedError

ROUND_TRIP = 0.08  # seconds of the simulator's clock


class Wire(BaseRequest):
    """Calls the simulator's methods themselves. Faults of a connection are what the real transport makes of them."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    parse_json_payload = staticmethod(AiohttpRequest.parse_json_payload)

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    @property
    def read_timeout(self) -> float:
        return 5.0

    async def do_request(  # noqa: PLR0917 - the signature is python-telegram-bot's
        self,
        url: str,
        method: str,  # noqa: ARG002 - python-telegram-bot's
        request_data: RequestData | None = None,
        read_timeout: object = None,  # noqa: ARG002 - python-telegram-bot's
        write_timeout: object = None,  # noqa: ARG002 - python-telegram-bot's
        connect_timeout: object = None,  # noqa: ARG002 - python-telegram-bot's
        pool_timeout: object = None,  # noqa: ARG002 - python-telegram-bot's
    ) -> tuple[int, bytes]:
        simulator = self._simulator
        called = METHODS[url.rsplit("/", 1)[1].lower()]
        given = Parameters(read_json(request_data.json_payload) if request_data is not None else {})
        simulator.calls[called.name] += 1
        await simulator.clock.sleep(ROUND_TRIP / 2)
        wanted = given.text("chat_id")
        chat = int(wanted) if wanted else None
        fault = simulator.faults.pick(
            Call(called.name, chat, simulator.calls[called.name], dict(given.values))
        )
        answer = await self._answer(called.name, given, fault)
        await simulator.clock.sleep(ROUND_TRIP / 2)
        return answer

    async def _answer(self, name: str, given: Parameters, fault: faults.Fault | None) -> tuple[int, bytes]:
        if fault is not None:
            refusal = faults.refusal(fault)
            if refusal is not None:
                return _told(refusal)
        match fault:
            case faults.BadGateway():
                return 502, b""
            case faults.CloseBefore() | faults.HangBefore():
                raise NetworkError("no connection") from NotReachedError("refused")
            case _:
                answer = self._served(name, given)
        match fault:
            case faults.Slow(seconds):
                await self._simulator.clock.sleep(seconds)
                return answer
            case faults.CloseAfter():
                raise NetworkError("closed") from AnswerLostError("closed")
            case faults.HangAfter():
                raise TimedOut("silence") from AnswerLostError("silence")
            case faults.Garbage():
                return 200, b'{"ok":true,"result":{"message_id":'
            case _:
                return answer

    def _served(self, name: str, given: Parameters) -> tuple[int, bytes]:
        try:
            result = serve(self._simulator, METHODS[name.lower()], given)
        except ApiError as error:
            return _told(error)
        return 200, _encode({"ok": True, "result": result}).encode()


def _told(error: ApiError) -> tuple[int, bytes]:
    response = _refusal(error)
    body = response.body
    assert isinstance(body, bytes)
    return response.status, body
