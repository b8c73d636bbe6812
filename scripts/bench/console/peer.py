# pexpect as fast as it goes: patterns compiled once, a search window, large reads, one process on asyncio.
# peer.py converse PORT COUNT PATTERNS | peer.py scan FILE PATTERNS READ
import asyncio, json, os, re, socket, sys, time
from pexpect import EOF, fdpexpect

def compiled(path, extra):
    patterns = [re.compile(text.encode(), re.M) for text in json.load(open(path))]
    return [re.compile(extra)] + patterns + [EOF]

def open_console(fd, read, window=512):
    console = fdpexpect.fdspawn(fd, timeout=None, maxread=read, searchwindowsize=window)
    console.delaybeforesend = None
    return console

async def converse(connection, patterns):
    console = open_console(connection.fileno(), 65536)
    while True:
        matched = await console.expect_list(patterns, async_=True)
        if matched == len(patterns) - 1:
            return
        if b'Location of sets' in console.after:
            os.write(connection.fileno(), b'\r')

async def main(port, count, patterns):
    connections = [socket.create_connection(('127.0.0.1', port)) for _ in range(count)]
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await asyncio.gather(*(converse(connection, patterns) for connection in connections))

def scan(path, patterns, read):
    # The window has to hold a whole read, else the lines at its beginning are never looked at.
    console = open_console(os.open(path, os.O_RDONLY), read, read + 512)
    start = time.monotonic()
    while console.expect_list(patterns) != len(patterns) - 1:
        pass
    print(time.monotonic() - start)

if sys.argv[1] == 'converse':
    asyncio.run(main(int(sys.argv[2]), int(sys.argv[3]), compiled(sys.argv[4], rb'Location of sets\?.*\] \Z')))
else:
    scan(sys.argv[2], compiled(sys.argv[3], rb'Location of sets\?.*\] \Z'), int(sys.argv[4]))
