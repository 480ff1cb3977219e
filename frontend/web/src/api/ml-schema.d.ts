// Generated from docs/openapi/ml-service.yaml by "npm run gen". Do not edit.

export interface paths {
    "/predict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Judge one window. */
        post: operations["predict"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/predict-batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Judge many windows; answers in order, errors per item. */
        post: operations["predictBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/serving": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which model serves which type, and the window it wants. */
        get: operations["serving"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Model versions, newest first. */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process runs. */
        get: operations["healthLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Its dependencies answer. */
        get: operations["healthReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus text, or performance per version with `Accept: application/json`. */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Problem: components["schemas"]["problem.schema"];
        Prediction: components["schemas"]["prediction.schema"];
        PredictRequest: components["schemas"]["predict_request.schema"];
        PredictBatchRequest: components["schemas"]["predict_batch_request.schema"];
        PredictBatchResponse: components["schemas"]["predict_batch_response.schema"];
        Serving: components["schemas"]["serving.schema"];
        ModelList: components["schemas"]["model_list.schema"];
        FeatureSchema: components["schemas"]["feature_schema.schema"];
        Health: components["schemas"]["health.schema"];
        /** @description 1 to 64 characters of A-Z a-z 0-9 _ . : -, safe in topics and URLs. */
        sensorId: string;
        /** @description Milliseconds since 1970-01-01T00:00:00Z. */
        epochMs: number;
        /**
         * Predict request
         * @description POST /predict, and an item of POST /predict-batch: a window, or features in the model's order.
         */
        "predict_request.schema": {
            sensor_id?: components["schemas"]["sensorId"];
            sensor_type?: string;
            /** @description Columns by channel name, or rows in the model's channel order. */
            window?: {
                t?: components["schemas"]["epochMs"][];
                channels: {
                    [key: string]: (number | null)[];
                };
            } | (number | null)[][];
            features?: (number | null)[];
        } & (unknown | unknown);
        /** @enum {string} */
        predictionState: "normal" | "fault" | "unknown" | "blind" | "warming_up";
        /**
         * Prediction
         * @description What a model said about one window of one sensor.
         */
        "prediction.schema": {
            /** @description ULID, derived from sensor, window end and model: a retry gives the same one. */
            id: string;
            sensor_id: string;
            /** @description The window's end. */
            at: components["schemas"]["epochMs"];
            window?: {
                start: components["schemas"]["epochMs"];
                end: components["schemas"]["epochMs"];
                n: number;
                coverage?: number | null;
            } | null;
            state: components["schemas"]["predictionState"];
            /** @description The likeliest class. */
            label: string | null;
            confidence: number | null;
            probabilities?: {
                [key: string]: number | null;
            };
            /** @description 1 - P(normal). */
            anomaly_score?: number | null;
            is_anomaly: boolean;
            /** @description Version, e.g. v1. */
            model: string | null;
            /** @description champion, challenger or shadow. */
            role?: string | null;
            explanation?: {
                channel: string;
                stat: string;
                /** @description Margin that this feature adds to the label (TreeSHAP). */
                contribution: number;
            }[] | null;
            features_hash?: string | null;
            latency_us?: number | null;
            /** @description When it was stored, epoch ms. */
            received?: number | null;
        };
        /**
         * Problem
         * @description Every error answer (application/problem+json). `code` is stable; `detail` names field, value and what would be right.
         */
        "problem.schema": {
            type: string;
            title: string;
            status: number;
            /**
             * @description Stable; new ones may come, so treat an unknown one by its status.
             * @example invalid_field
             * @example not_found
             * @example conflict
             * @example unauthorized
             * @example forbidden
             * @example payload_too_large
             * @example unprocessable
             * @example rate_limited
             * @example unavailable
             * @example internal
             */
            code: string;
            detail: string;
            /** @description Path of the field at fault, e.g. items[2].window.t */
            field?: string;
            request_id: string;
        };
        /**
         * Predict batch request
         * @description POST /predict-batch.
         */
        "predict_batch_request.schema": {
            items: components["schemas"]["predict_request.schema"][];
        };
        /**
         * Predict batch response
         * @description One entry per item, in order: a prediction, or why not.
         */
        "predict_batch_response.schema": {
            predictions: (components["schemas"]["prediction.schema"] | {
                error: components["schemas"]["problem.schema"];
            })[];
        };
        window: {
            rows: number;
            stride?: number;
            period_ms: number;
            min_coverage?: number;
            /** @description 0: a gap never starts the window anew. */
            max_gap_ms?: number;
        };
        /**
         * Serving
         * @description GET /serving: by sensor type, the model that serves it and the window it wants.
         */
        "serving.schema": {
            types: {
                [key: string]: {
                    version: string;
                    window: components["schemas"]["window"];
                    channels: string[];
                    schema_hash: string;
                };
            };
        };
        model: {
            version: string;
            status: string;
            created?: number | null;
            manifest?: Record<string, never> | null;
        };
        /** @description Give it back as `cursor` for the next page; null at the end. */
        cursor: string | null;
        /**
         * Model list
         * @description GET /models.
         */
        "model_list.schema": {
            items: components["schemas"]["model"][];
            next?: components["schemas"]["cursor"];
            $defs: {
                model: {
                    version: string;
                    status: string;
                    created?: number | null;
                    manifest?: Record<string, never> | null;
                };
            };
        };
        /**
         * Health
         * @description GET /health/ready.
         */
        "health.schema": {
            /** @enum {string} */
            status: "live" | "ready" | "not_ready" | "stopping";
            service: string;
            version: string;
            uptime_s?: number;
            checks?: {
                name: string;
                ok: boolean;
                required: boolean;
                reason?: string | null;
            }[];
        };
        channelName: string;
        /**
         * Feature schema
         * @description feature_schema.json: what a model was trained on.
         */
        "feature_schema.schema": {
            version?: number;
            sensor_type?: string;
            normal?: string;
            window: components["schemas"]["window"];
            channels: components["schemas"]["channelName"][];
            features: {
                /** @enum {unknown} */
                order: "channel-major" | "stat-major";
                stats: string[];
            } | {
                channel: components["schemas"]["channelName"];
                stat: string;
            }[];
            scaler?: {
                mean: number[];
                scale: number[];
            } | null;
            classes?: string[] | null;
            $defs: {
                window: {
                    rows: number;
                    stride?: number;
                    period_ms: number;
                    min_coverage?: number;
                    /** @description 0: a gap never starts the window anew. */
                    max_gap_ms?: number;
                };
            };
        };
    };
    responses: {
        /** @description A field is wrong; `field` names it. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description The body is too large. */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description Well formed, but it cannot be done. */
        Unprocessable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description Overloaded, or something it needs is away. */
        Unavailable: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    predict: {
        parameters: {
            query?: {
                /** @description 1: with TreeSHAP contributions. */
                explain?: "0" | "1";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["predict_request.schema"];
            };
        };
        responses: {
            /** @description The prediction. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["prediction.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["Unprocessable"];
            503: components["responses"]["Unavailable"];
        };
    };
    predictBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description A retry with the same key stores nothing twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["predict_batch_request.schema"];
            };
        };
        responses: {
            /** @description One entry per item. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["predict_batch_response.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            413: components["responses"]["TooLarge"];
            503: components["responses"]["Unavailable"];
        };
    };
    serving: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By sensor type; `*` for all others. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["serving.schema"];
                };
            };
            503: components["responses"]["Unavailable"];
        };
    };
    listModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Versions with manifests. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["model_list.schema"];
                };
            };
            503: components["responses"]["Unavailable"];
        };
    };
    healthLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.schema"];
                };
            };
        };
    };
    healthReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.schema"];
                };
            };
            /** @description Not ready; `checks` say why. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.schema"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "application/json": Record<string, never>;
                };
            };
        };
    };
}
