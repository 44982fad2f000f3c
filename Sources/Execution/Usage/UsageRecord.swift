package import Database
package import Primitives

/// One counted fact, written in the transaction of what it counts: either both are committed or neither is.
package struct UsageRecord: Sendable, Hashable {
    package var meter: Meter
    package var subjectID: UUIDv7
    /// Tells apart the records of one subject; with meter and subject it is the key, so nothing is counted twice.
    package var sequence: Int64
    package var quantity: Int64
    package var occurredAt: Timestamp

    package init(_ meter: Meter, of subjectID: UUIDv7, sequence: Int64, quantity: Int64, at occurredAt: Timestamp) {
        self.meter = meter
        self.subjectID = subjectID
        self.sequence = sequence
        self.quantity = quantity
        self.occurredAt = occurredAt
    }

    package func insertion(in plant: PlantKey) -> Statement {
        """
        INSERT INTO millwright.usage_record (
          partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
        VALUES (
          \(plant.partnerID), \(plant.clientID), \(plant.plantID), \(meter), \(subjectID), \(sequence), \(quantity),
          \(occurredAt), now())
        """
    }

    /// The plant was active in the month of `moment`. Recorded once a month, however often it is said.
    package static func activePlant(_ plant: PlantKey, at moment: Timestamp) -> Statement {
        """
        INSERT INTO millwright.usage_record (
          partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
        VALUES (
          \(plant.partnerID), \(plant.clientID), \(plant.plantID), \(Meter.activePlants), \(plant.plantID),
          \(moment.month), 1, \(moment), now())
        ON CONFLICT (partner_id, client_id, plant_id, meter, subject_id, sequence) DO NOTHING
        """
    }
}

extension Timestamp {
    /// `yyyymm` in UTC.
    var month: Int64 {
        let date = CivilDate(daysSince1970: unixMicroseconds / 86_400_000_000)
        return Int64(date.year * 100 + date.month)
    }
}
