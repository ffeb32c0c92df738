#!/usr/bin/env python3
"""How data-parallel training goes on more devices: time of a step, speed-up, and where more devices stop paying.

    step(N)  = t0 + (B / N) / r + sum(N)
    sum(N)   = 2 ceil(log2 n) a + 2 (n - 1) / n S / b  +  2 ceil(log2 m) A + 2 (m - 1) / m S / B'  +  l

B images a step over N = n m devices, n in each of m machines. t0 and r: a device's fixed time of a step and its images a
second, from two batch sizes of `dynafilter benchmark`. S: bytes summed at every step, once over the devices of a machine
(latency a, bandwidth b) and once over the machines (A, B'); l: what the sum costs beside (launches). Latencies count the hops of
a tree up and down, bytes those of a ring or of two trees, as NCCL's algorithms (https://developer.nvidia.com/blog/
massively-scale-deep-learning-training-nccl-2-4/). `--sums` counts the latencies of further small sums, such as the ten of
--sync-batchnorm.

    scripts/scaling_model.py --batch-size 1024 --fixed-us 400 --images-per-second 500000
"""

import argparse
import math


def sum_us(devices, latency_us, gigabytes_per_second, size, small):
    """One sum over so many devices, and the latencies of further small ones; 0 for one device."""
    hops = 2 * math.ceil(math.log2(devices))
    return hops * latency_us * (1 + small) + 2 * (devices - 1) / devices * size / gigabytes_per_second / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=1024, help="images of a step, of all devices [%(default)s]")
    parser.add_argument("--fixed-us", type=float, required=True, help="t0, in microseconds")
    parser.add_argument("--images-per-second", type=float, required=True, help="r, of one device")
    parser.add_argument("--bytes", type=int, default=850048, help="S [%(default)s]")
    parser.add_argument("--launch-us", type=float, default=15, help="l [%(default)s]")
    parser.add_argument("--per-machine", type=int, default=8, help="devices of a machine [%(default)s]")
    parser.add_argument("--latency-us", type=float, default=5, help="a [%(default)s]")
    parser.add_argument("--gigabytes-per-second", type=float, default=370, help="b [%(default)s]")
    parser.add_argument("--network-latency-us", type=float, default=10, help="A [%(default)s]")
    parser.add_argument("--network-gigabytes-per-second", type=float, default=50, help="B' [%(default)s]")
    parser.add_argument("--sums", type=int, default=0, help="further small sums of a step [%(default)s]")
    parser.add_argument("--most", type=int, default=128, help="devices of the last row [%(default)s]")
    options = parser.parse_args()

    def step_us(devices):
        compute = options.fixed_us + options.batch_size / devices / options.images_per_second * 1e6
        if devices == 1:
            return compute, 0
        within = min(devices, options.per_machine)
        machines = math.ceil(devices / options.per_machine)
        total = options.launch_us
        total += sum_us(within, options.latency_us, options.gigabytes_per_second, options.bytes, options.sums)
        total += sum_us(
            machines, options.network_latency_us, options.network_gigabytes_per_second, options.bytes, options.sums)
        return compute + total, total

    print("| devices | images a device | step, ms | images/s | speed-up | efficiency | sum's share | twice as many bring |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    devices = 1
    while devices <= min(options.most, options.batch_size):
        step, summed = step_us(devices)
        faster = step_us(1)[0] / step
        print(
            f"| {devices} | {options.batch_size / devices:g} | {step / 1e3:.3f} | {options.batch_size / step * 1e6:,.0f} "
            f"| {faster:.2f} x | {100 * faster / devices:.0f} % | {100 * summed / step:.1f} % "
            f"| {step / step_us(2 * devices)[0]:.2f} x |")
        devices *= 2


if __name__ == "__main__":
    main()
