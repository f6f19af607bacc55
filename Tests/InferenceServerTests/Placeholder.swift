// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0
