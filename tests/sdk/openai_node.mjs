// The official OpenAI client for JavaScript against Tracecast's gateway, unchanged.
//
// TRACECAST_BASE_URL is `<server>/api/v1`, TRACECAST_API_KEY an inference key, OPENAI_SDK the path of the installed
// package. Prints the generation ids, one a line.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.OPENAI_SDK}/`);
const { OpenAI } = require('openai');

const baseURL = process.env.TRACECAST_BASE_URL;
const apiKey = process.env.TRACECAST_API_KEY;
const generationId = /^gen-\d{10}-[0-9A-Za-z]{20}$/;
const messages = [{ role: 'user', content: 'Debug this error...' }];
const metadata = {
  session_id: 'session_abc',
  trace: {
    trace_id: 'incident_investigation_001',
    trace_name: 'Error Analysis Agent',
    generation_name: 'Analyze Stack Trace',
    environment: 'production',
    release: 'v2.1.0',
    feature: 'node-sdk',
  },
};
const model = 'openai/gpt-4o';
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 20_000 });

async function plain() {
  const answer = await client.chat.completions.create({ model, messages });
  assert.match(answer.id, generationId);
  assert.ok(answer.choices[0].message.content.includes('Debug this error...'));
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.ok(answer.usage.cost > 0);
  console.log(answer.id);
}

async function withMetadata() {
  const { data, response } = await client.chat.completions
    .create({ model, messages, user: 'user_12345', temperature: 0.2, ...metadata })
    .withResponse();
  assert.equal(response.headers.get('x-generation-id'), data.id);
  console.log(data.id);
}

async function streaming() {
  const stream = await client.chat.completions.create({ model, messages, user: 'user_12345', stream: true, ...metadata });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
  assert.ok(text.includes('Debug this error...'), text);
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.ok(chunks.at(-1).usage.completion_tokens > 0);
  console.log(chunks[0].id);
}

async function wrongKey() {
  const stranger = new OpenAI({ baseURL, apiKey: 'tck-inf-wrong', maxRetries: 0 });
  await assert.rejects(stranger.chat.completions.create({ model, messages }), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
    return /valid API key/.test(error.message);
  });
}

async function badRequest() {
  await assert.rejects(client.chat.completions.create({ model, messages: 'not an array' }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    return /`messages` must be an array/.test(error.message);
  });
}

for (const check of [plain, withMetadata, streaming, wrongKey, badRequest]) await check();
