"""The OpenTelemetry SDK for Python: its OTLP exporter, fed from memory with the spans that the program makes.

Arguments: the receiver's address, events, gzip or none, a file of spans. Ready when it says so; works at each line.
"""

import json
import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

BATCH = 500

receiver, events, compression, path = sys.argv[1:]
resource = Resource({"service.name": "tracecast"})
scope = InstrumentationScope("tracecast")


def context(trace, span):
    return span and SpanContext(int(trace, 16), int(span, 16), False, TraceFlags(1))


def span(trace, told):
    return ReadableSpan(
        name=told["name"],
        context=context(trace, told["id"]),
        parent=context(trace, told["parent"]),
        resource=resource,
        attributes=told["attributes"],
        kind=SpanKind[told["kind"]],
        start_time=told["start"],
        end_time=told["end"],
        instrumentation_scope=scope,
    )


with open(path, encoding="utf-8") as file:
    traces = [[span(told["trace"], each) for each in told["spans"]] for told in json.load(file)]
exporter = OTLPSpanExporter(f"http://{receiver}/v1/traces", compression=Compression(compression))

print("ready", flush=True)
for _ in sys.stdin:
    for start in range(0, int(events), BATCH):
        numbers = range(start, min(start + BATCH, int(events)))
        spans = [span for number in numbers for span in traces[number % len(traces)]]
        if exporter.export(spans) != SpanExportResult.SUCCESS:
            sys.exit("the receiver did not take a batch")
    print("done", flush=True)
