import Glibc

/// What a file descriptor leads to: a terminal of some size, or something else.
package struct TerminalProbe: Sendable {
    package var isTerminal: Bool
    package var columns = 80
    package var rows = 24

    package init(descriptor: Int32) {
        isTerminal = isatty(descriptor) == 1
        guard isTerminal else { return }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return }
        if size.ws_col > 0 { columns = Int(size.ws_col) }
        if size.ws_row > 0 { rows = Int(size.ws_row) }
    }
}
