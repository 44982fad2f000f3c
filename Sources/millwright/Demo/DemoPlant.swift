import JSON
import Primitives

/// A plant as the demo works with it, through the API.
struct DemoPlant: Sendable {
    var id: String
    /// `partner/client/plant`.
    var path: String
    var name: String
    var supervisorKey: String
    var operatorKey: String
    var qualityKey: String
    var maintenanceKey: String
    /// The assets in its list of the maintenance workflow: a reported work order goes to the plant of its asset.
    var assets: Set<String>
}

/// The rows of a file of work orders, as events of the plants that own the assets.
struct DemoEvents {
    /// The columns of `Samples/work-orders.csv`. The estimate of a row may be missing or broken; the report still counts.
    static let workOrderMapping = """
        {type: "com.millwright.maintenance.work-order.reported",
         source: "sample/work-orders",
         subject: .Asset,
         time: (.BscStartDate + "T00:00:00Z"),
         data: {date: .BscStartDate, asset: .Asset, text: .OriginalShorttext, type: .PMType,
                cost: (.Cost | tonumber? // null)}}
        """

    /// Shares out the events by asset; what no plant lists goes to the first one.
    static func share(_ events: [EventMapping.Mapped], among plants: [DemoPlant]) -> [[EventMapping.Mapped]] {
        var shares = [[EventMapping.Mapped]](repeating: [], count: plants.count)
        for event in events {
            let asset = event.event["data"]?["asset"]?.stringValue ?? ""
            shares[plants.firstIndex { $0.assets.contains(asset) } ?? 0].append(event)
        }
        return shares
    }
}
