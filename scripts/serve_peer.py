#!/usr/bin/env python3
"""A service in Python for an exported network, the speed peer of `dynafilter serve`: one picture, one forward pass.

    scripts/dynafilter export --model best.pt --out model.ts.pt
    scripts/serve_peer.py model.ts.pt --port 8081 --workers 2

FastAPI and uvicorn where they are installed, else Python's own http.server; the first line says which.
"""
import argparse
import io
import json
import os
import sys

import numpy
import torch
from PIL import Image

MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1)


class Network:
    """A TorchScript file of `dynafilter export`."""

    def __init__(self, file, size):
        self.module = torch.jit.load(file).eval()
        self.size = size

    @torch.inference_mode()
    def classify(self, body):
        image = Image.open(io.BytesIO(body)).convert("RGB")
        if image.size != (self.size, self.size):
            scale = self.size / min(image.size)
            image = image.resize([round(side * scale) for side in image.size], Image.BILINEAR)
            left, top = ((side - self.size) // 2 for side in image.size)
            image = image.crop((left, top, left + self.size, top + self.size))
        pixels = torch.from_numpy(numpy.array(image)).permute(2, 0, 1).unsqueeze(0)
        scores = self.module((pixels / 255 - MEAN) / DEVIATION)[0]
        shares = scores.softmax(0)
        best = scores.topk(min(5, len(scores))).indices.tolist()
        return {"predictions": [{"index": i, "score": scores[i].item(), "probability": shares[i].item()} for i in best]}


def application():
    """The FastAPI application; each worker process of uvicorn makes its own."""
    from fastapi import FastAPI, Request

    torch.set_num_threads(int(os.environ["PEER_THREADS"]))
    network = Network(os.environ["PEER_MODEL"], int(os.environ["PEER_SIZE"]))
    app = FastAPI()

    @app.post("/classify")
    async def classify(request: Request):
        return network.classify(await request.body())

    return app


def with_http_server(port):
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    network = Network(os.environ["PEER_MODEL"], int(os.environ["PEER_SIZE"]))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            answer = json.dumps(network.classify(self.rfile.read(int(self.headers["Content-Length"])))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--workers", type=int, default=1, help="processes, of uvicorn alone")
    parser.add_argument("--threads", type=int, default=1, help="of torch, in each")
    parser.add_argument("--size", type=int, default=32, help="height and width of the network's images")
    options = parser.parse_args()
    os.environ.update(PEER_MODEL=options.model, PEER_SIZE=str(options.size), PEER_THREADS=str(options.threads))
    try:
        import fastapi
        import uvicorn
    except ImportError:
        print("peer: http.server", flush=True)
        with_http_server(options.port)
        return
    print(f"peer: FastAPI {fastapi.__version__}, uvicorn {uvicorn.__version__}, torch {torch.__version__}", flush=True)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    uvicorn.run("serve_peer:application", factory=True, port=options.port, workers=options.workers, log_level="error",
                access_log=False)


if __name__ == "__main__":
    main()
