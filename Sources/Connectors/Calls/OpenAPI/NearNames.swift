/// Names that a writer may have meant.
enum NearNames {
    private static let maximumNames = 3
    private static let maximumLength = 100
    private static let maximumCandidates = 5000

    /// The nearest first; none that differs in more than a third.
    static func of(_ name: String, among names: some Sequence<String>) -> [String] {
        let wanted = Array(name.lowercased().utf8.prefix(maximumLength))
        var found: [(distance: Int, name: String)] = []
        for candidate in names.sorted().prefix(maximumCandidates) where candidate.utf8.count <= maximumLength {
            let distance = distance(wanted, Array(candidate.lowercased().utf8))
            if distance <= max(2, wanted.count / 3) { found.append((distance, candidate)) }
        }
        return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(maximumNames).map(\.name)
    }

    /// Levenshtein's.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
