// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// Every test with real processes, one after the other.
///
/// They block the threads of the test runner while they wait for other processes; side by side
/// they would starve each other on a small machine.
@Suite(.serialized, .mustEnd)
enum EndToEnd {}
