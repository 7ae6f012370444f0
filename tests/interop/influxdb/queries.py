"""What dashboards made for telegraf ask, each with what its answer must be.

$t is the time and the host, as Grafana fills them in, $each a point a second. An answer's columns
behind the time are checked one by one: by a number, a range, or a test of its own.
"""

SHARE = (0, 100)
ANY = (0, 2**63)
RATE = "non_negative_derivative"


def influxql(host):
    """Name, query, how many series at least, and what each column of the last row must be."""
    rows = [*variables(host), *processors(host), *memory(host), *network()]
    rows += [*disks(host), *system(host)]
    each = "GROUP BY time(1s) fill(none)"
    return [(name, query.replace("$each", each), *rest) for name, query, *rest in rows]


def variables(host):
    """What a dashboard offers to choose from."""
    values = "SHOW TAG VALUES FROM"
    yield "hosts", f"{values} system WITH KEY = host", 1, [{host.name}]
    one = {"cpu-total"}
    yield "all", f"{values} cpu WITH KEY = cpu WHERE cpu = 'cpu-total'", 1, [one]
    yield "paths", f'{values} disk WITH KEY = "path"', min(len(host.mounts), 1), [str]
    yield "interfaces", f"{values} net WITH KEY = interface", 1, [host.interfaces]
    yield "devices", f'{values} diskio WITH KEY = "name"', 1, [host.devices]


def processors(host):
    """Their shares, together and each."""
    all_of_them = "FROM cpu WHERE cpu = 'cpu-total' AND $t"
    yield "idle", f"SELECT mean(usage_idle) {all_of_them} $each", 1, [SHARE]
    yield "used", f"SELECT 100 - last(usage_idle) {all_of_them}", 1, [SHARE]
    kinds = ", ".join(f"mean(usage_{kind})" for kind in host.kinds)
    yield "by kind", f"SELECT {kinds} {all_of_them} $each", 1, [SHARE] * len(host.kinds)
    each = "FROM cpu WHERE cpu =~ /cpu[0-9].*/ AND $t GROUP BY cpu"
    yield "each processor", f"SELECT mean(usage_idle) * -1 + 100 {each}", host.cpus, [SHARE]


def memory(host):
    """Memory and swap."""
    kinds = "mean(total), mean(used), mean(cached), mean(free), mean(buffered)"
    figures = [host.memory, ANY, ANY, ANY, ANY]
    yield "memory", f"SELECT {kinds} FROM mem WHERE $t $each", 1, figures
    shares = "last(used_percent), last(available_percent)"
    yield "memory used", f"SELECT {shares} FROM mem WHERE $t", 1, [SHARE, SHARE]
    whole = "SELECT last(used) + last(available) FROM mem WHERE $t"
    yield "memory is whole", whole, 1, [host.memory]
    lines = "active inactive slab dirty page_tables committed_as shared".split()
    lasts = ", ".join(f"last({line})" for line in lines)
    yield "memory in detail", f"SELECT {lasts} FROM mem WHERE $t", 1, [ANY] * len(lines)
    kinds = "mean(used), mean(total), mean(used_percent)"
    yield "swap", f"SELECT {kinds} FROM swap WHERE $t $each", 1, [ANY, host.swap, SHARE]
    rates = f'{RATE}(max("in"), 1s), {RATE}(max("out"), 1s)'
    yield "swapping", f"SELECT {rates} FROM swap WHERE $t $each", 1, [ANY, ANY]


def network():
    """Traffic, faults and links."""
    each = "AND interface =~ /./ GROUP BY time(1s), interface fill(none)"
    rates = f"{RATE}(max(bytes_recv), 1s) * 8, {RATE}(max(bytes_sent), 1s) * 8"
    yield "traffic", f"SELECT {rates} FROM net WHERE $t {each}", 1, [ANY, ANY]
    rates = f"{RATE}(last(packets_recv), 1s), {RATE}(last(packets_sent), 1s)"
    yield "packets", f"SELECT {rates} FROM net WHERE $t {each}", 1, [ANY, ANY]
    lasts = "last(err_in), last(err_out), last(drop_in), last(drop_out)"
    yield "faults", f"SELECT {lasts} FROM net WHERE $t GROUP BY interface", 1, [ANY] * 4
    speed = (-1, 10**7)
    yield "links", "SELECT last(speed) FROM net WHERE $t GROUP BY interface", 1, [speed]


def disks(host):
    """Space and traffic."""
    count = len(host.mounts)
    used = 'SELECT last(used_percent) FROM disk WHERE $t GROUP BY "path"'
    yield "disk used", used, count, [SHARE]
    lasts, tags = "last(total), last(used), last(free)", '"path", device, fstype, mode'
    yield "space", f"SELECT {lasts} FROM disk WHERE $t GROUP BY {tags}", count, [ANY] * 3
    lasts = "last(inodes_used), last(inodes_free), last(inodes_used_percent)"
    inodes = f"SELECT {lasts} FROM disk WHERE $t AND \"path\" = '/'"
    yield "inodes", inodes, count, [ANY, ANY, SHARE]
    each = 'GROUP BY time(1s), "name" fill(none)'
    rates = f"{RATE}(max(read_bytes), 1s), {RATE}(max(write_bytes), 1s)"
    yield "disk traffic", f"SELECT {rates} FROM diskio WHERE $t {each}", 1, [ANY, ANY]
    rates = f"{RATE}(last(reads), 1s), {RATE}(last(writes), 1s)"
    yield "disk operations", f"SELECT {rates} FROM diskio WHERE $t {each}", 1, [ANY, ANY]
    lasts = "last(read_time), last(write_time), last(io_time), last(weighted_io_time)"
    yield "disk time", f'SELECT {lasts} FROM diskio WHERE $t GROUP BY "name"', 1, [ANY] * 4


def system(host):
    """The host as a whole."""
    yield "uptime", "SELECT last(uptime) FROM system WHERE $t", 1, [host.uptime]
    words = "SELECT last(uptime_format) FROM system WHERE $t"
    yield "uptime in words", words, 1, [host.uptime_words]
    means = "mean(load1), mean(load5), mean(load15)"
    yield "load", f"SELECT {means} FROM system WHERE $t $each", 1, [(0, 1000)] * 3
    yield "processors", "SELECT last(n_cpus) FROM system WHERE $t", 1, [host.cpus]
    yield "boot", "SELECT last(boot_time) FROM kernel WHERE $t", 1, [host.boot_time]
    counters = "context_switches interrupts processes_forked".split()
    rates = ", ".join(f"{RATE}(mean({counter}), 1s)" for counter in counters)
    yield "kernel", f"SELECT {rates} FROM kernel WHERE $t $each", 1, [ANY] * 3
    kinds = "mean(running), mean(blocked), last(total), last(total_threads)"
    some = (2, 10**6)
    yield "processes", f"SELECT {kinds} FROM processes WHERE $t $each", 1, [ANY, ANY, some, some]


def promql(host):
    """Query, how many series at least, what each value must be."""
    of = f'host="{host.name}",db="telegraf"'
    each = f'cpu!="cpu-total",{of}'
    return [
        (f'cpu_usage_idle{{cpu="cpu-total",{of}}}', 1, SHARE),
        (f"avg by (cpu) (cpu_usage_system{{{each}}})", host.cpus, SHARE),
        (f"mem_total{{{of}}}", 1, host.memory),
        (f"mem_used{{{of}}} + mem_available{{{of}}}", 1, host.memory),
        (f"mem_used_percent{{{of}}}", 1, SHARE),
        (f"swap_total{{{of}}}", 1, host.swap),
        (f"disk_used_percent{{{of}}}", len(host.mounts), SHARE),
        (f"rate(net_bytes_recv{{{of}}}[10s]) * 8", 1, ANY),
        (f"rate(diskio_write_bytes{{{of}}}[10s])", 1, ANY),
        (f"system_load1{{{of}}}", 1, (0, 1000)),
        (f"system_uptime{{{of}}}", 1, host.uptime),
        (f"system_n_cpus{{{of}}}", 1, host.cpus),
        (f"kernel_boot_time{{{of}}}", 1, host.boot_time),
        (f"rate(kernel_context_switches{{{of}}}[10s])", 1, ANY),
        (f"processes_total{{{of}}}", 1, (2, 10**6)),
    ]
