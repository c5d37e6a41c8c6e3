extension GTIDPosition {
    /// How many transactions lie between this position and a later one, by their sequence numbers.
    ///
    /// MariaDB counts the sequence of a domain up by one a transaction, so this is exact where one server wrote them; a gap
    /// left by another server counts as if it held transactions. What is behind this position counts as none.
    public func transactions(upTo target: GTIDPosition) -> UInt64 {
        var count: UInt64 = 0
        for (domain, wanted) in target.elements {
            let mine = elements[domain]?.sequence ?? 0
            guard wanted.sequence > mine else { continue }
            count =
                count.addingReportingOverflow(wanted.sequence - mine).overflow
                ? .max : count + (wanted.sequence - mine)
        }
        return count
    }
}
