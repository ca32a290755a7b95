-- One completed request, as a program of schema 50 records it: in a transaction of its own. The first one completed while Broadcast
-- was off.
INSERT INTO completed_requests
    (account_id, completed_at, generation_id, api_key_id, model, status, tokens, cost, broadcast, format, payload, content)
VALUES (
    '00000000-0000-4000-8000-00000000ac01', now(), 'gen-old-000000{number}', '00000000-0000-4000-8000-00000000ce01', 'openai/gpt-4o', 200,
    17, 0.00008, {number} > 0, 1,
    convert_to(
        '{"id":"gen-old-000000{number}","operation":"chat","route":"/api/v1/chat/completions","times":{"received":1764460798750000000,'
        '"answered":1764460800000000000,"upstream_begun":1764460798770000000,"upstream_ended":1764460799990000000},'
        '"status":200,"ending":"completed","streaming":false,"api_key":"00000000-0000-4000-8000-00000000ce01",'
        '"context":{"user":"user_12345","trace_name":"Old agent","metadata":[["team","core"]]},'
        '"request_model":"openai/gpt-4o","parameters":{"temperature":0.2},'
        '"response":{"provider":"openai","model":"gpt-4o-2024-08-06","finish_reasons":["stop"]},'
        '"usage":{"input":12,"output":5},"cost":{"total":0.00008}}', 'UTF8'),
    convert_to(
        '{"input":[{"role":"user","parts":[{"type":"text","content":"What is the capital of France?"}]}],'
        '"output":[{"role":"assistant","parts":[{"type":"text","content":"Paris."}],"finish_reason":"stop"}]}', 'UTF8'));
