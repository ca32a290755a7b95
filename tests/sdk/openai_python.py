"""The official OpenAI client for Python against Tracecast's gateway, unchanged.

TRACECAST_BASE_URL is `<server>/api/v1`, TRACECAST_API_KEY an inference key. Prints the generation ids, one a line.
"""

import os
import re

import openai

BASE_URL = os.environ["TRACECAST_BASE_URL"]
API_KEY = os.environ["TRACECAST_API_KEY"]
GENERATION_ID = re.compile(r"^gen-\d{10}-[0-9A-Za-z]{20}$")
QUESTION = [{"role": "user", "content": "Debug this error..."}]
METADATA = {
    "session_id": "session_abc",
    "trace": {
        "trace_id": "incident_investigation_001",
        "trace_name": "Error Analysis Agent",
        "generation_name": "Analyze Stack Trace",
        "environment": "production",
        "release": "v2.1.0",
        "feature": "python-sdk",
    },
}

client = openai.OpenAI(base_url=BASE_URL, api_key=API_KEY, max_retries=0, timeout=20)


def plain():
    answer = client.chat.completions.create(model="openai/gpt-4o", messages=QUESTION)
    assert GENERATION_ID.match(answer.id), answer.id
    assert "Debug this error..." in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.cost > 0
    print(answer.id)


def with_metadata():
    raw = client.chat.completions.with_raw_response.create(
        model="openai/gpt-4o", messages=QUESTION, user="user_12345", temperature=0.2, extra_body=METADATA
    )
    answer = raw.parse()
    assert raw.headers["x-generation-id"] == answer.id
    print(answer.id)


def streaming():
    stream = client.chat.completions.create(
        model="openai/gpt-4o", messages=QUESTION, user="user_12345", stream=True, extra_body=METADATA
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "Debug this error..." in text, text
    assert len(chunks) > 5
    assert {chunk.id for chunk in chunks} == {chunks[0].id} and GENERATION_ID.match(chunks[0].id)
    assert chunks[-1].usage.completion_tokens > 0
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    print(chunks[0].id)


def wrong_key():
    stranger = openai.OpenAI(base_url=BASE_URL, api_key="tck-inf-wrong", max_retries=0)
    try:
        stranger.chat.completions.create(model="openai/gpt-4o", messages=QUESTION)
    except openai.AuthenticationError as error:
        assert "valid API key" in error.message, error.message
    else:
        raise AssertionError("a wrong key was let in")


def bad_request():
    try:
        client.chat.completions.create(model="openai/gpt-4o", messages="not an array")
    except openai.BadRequestError as error:
        assert "`messages` must be an array" in error.message, error.message
        assert error.response.headers["x-generation-id"].startswith("gen-")
    else:
        raise AssertionError("a wrong type was taken")


for check in (plain, with_metadata, streaming, wrong_key, bad_request):
    check()
