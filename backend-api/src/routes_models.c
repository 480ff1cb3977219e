/* Models, retraining and feedback belong to ml-service: these rows check who asks and hand the request on. */
#include "principal.h"
#include "proxy.h"
#include "routes.h"

#define GET(path, who)                                                                                                 \
    {                                                                                                                  \
        .method = AAS_HTTP_GET, .pattern = (path), .mode = AAS_HTTP_WORKER, .role = (who), .handler = api_proxy_ml     \
    }
#define POST(path, who)                                                                                                \
    {                                                                                                                  \
        .method = AAS_HTTP_POST, .pattern = (path), .mode = AAS_HTTP_WORKER, .role = (who), .max_body_bytes = 65536,   \
        .deadline_ms = 30000, .handler = api_proxy_ml                                                                  \
    }

static const struct aas_http_route rows[] = {
    GET("/models", API_VIEWER),
    {.method = AAS_HTTP_GET,
     .pattern = "/models/metrics",
     .mode = AAS_HTTP_WORKER,
     .role = API_VIEWER,
     .handler = api_proxy_ml_metrics},
    GET("/models/{version}", API_VIEWER),
    GET("/serving", API_VIEWER),
    POST("/models/{version}/promote", API_ENGINEER),
    POST("/models/{version}/rollback", API_ENGINEER),
    POST("/models/{version}/retire", API_ENGINEER),
    POST("/models/{version}/shadow", API_ENGINEER),
    POST("/models/{version}/ab", API_ENGINEER),
    POST("/retrain", API_ENGINEER),
    GET("/jobs", API_ENGINEER),
    GET("/jobs/{id}", API_ENGINEER),
    {.method = AAS_HTTP_DELETE,
     .pattern = "/jobs/{id}",
     .mode = AAS_HTTP_WORKER,
     .role = API_ENGINEER,
     .handler = api_proxy_ml},
    POST("/feedback", API_OPERATOR),
    GET("/feedback", API_OPERATOR),
    {.method = AAS_HTTP_POST,
     .pattern = "/feedback/import",
     .mode = AAS_HTTP_WORKER,
     .role = API_OPERATOR,
     .max_body_bytes = 16 << 20,
     .deadline_ms = 60000,
     .handler = api_proxy_ml},
};
const struct api_table api_routes_models = API_TABLE(rows);
