package import Primitives

/// Whether the usage records are what a recount of the journal gives.
package struct UsageReconciliation: Sendable, Hashable {
    /// The two counts of one meter over everything that the scope holds.
    package struct Meter: Sendable, Hashable {
        package var meter: UsageMeter
        /// The sum of the usage records.
        package var recorded: Int64
        /// What the events, the journal and the decisions say; `nil` for a meter that nothing else keeps.
        package var recounted: Int64?
        /// The part of `recorded` whose events or journals are not kept any more: it is counted no second time.
        package var agedOut: Int64 = 0
    }

    /// One fact on which the two disagree.
    package struct Difference: Sendable, Hashable, CustomStringConvertible {
        package var plant: TenantScope
        package var meter: UsageMeter
        package var subjectID: UUIDv7
        package var sequence: Int64
        /// 0 when there is no record, or no fact.
        package var recorded: Int64
        package var recounted: Int64

        package var description: String {
            "\(meter.rawValue) of \(subjectID), number \(sequence), in \(plant): "
                + "recorded \(recorded), recounted \(recounted)"
        }
    }

    /// Most differences that are named; one is enough to be out of balance.
    package static let namedDifferences = 100

    package var meters: [Meter]
    package var differences: [Difference]

    package var isBalanced: Bool { differences.isEmpty }
}
