import Testing

/// Everything with real servers, one test after the other: each starts up to four processes of its own.
@Suite("Integration", .serialized)
enum Integration {}
